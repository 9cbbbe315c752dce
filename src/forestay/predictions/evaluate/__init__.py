"""An honest look at any table: can the label be foreseen from the other columns, how well, and how sure is that?

table.py reads a file as it is; columns.py decides what each column is, leaves out what is no feature and says so;
suspicion.py looks for columns that know the answer; protocol.py trains and tests on rows that the model has not seen;
verdict.py judges; words.py says it in a paragraph; plots.py draws; report.py holds it all together.
"""
