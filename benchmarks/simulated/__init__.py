"""Made-up companies as matrices of features with the truth beside them, in minutes and without a lake.

rows.py: one block of accounts as the rows that the lake would give. block.py: the product's own measures and health of
these rows, and what became of each account. company.py: all blocks of a company, side by side, kept in a temporary
folder. uplift.py: an experiment with a holdout, and the true effect on each account.
"""
