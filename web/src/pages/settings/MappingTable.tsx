/** Which column of a file becomes which field: as guessed (or as somebody chose for such a file before), and as one changes it. */
import type { Schemas } from "../../api/client";
import { CONTROL } from "../../ui/Field";
import { office as officeWords } from "../../words/en.office";

const said = officeWords.sources;

export function MappingTable({ guess, header, chosen, choose }: {
  guess: Schemas["MappingGuess"]; header: string[]; chosen: Record<string, string>; choose: (columns: Record<string, string>) => void;
}) {
  const guessed = guess.mapping.columns ?? {};
  return (
    <div>
      <p className="mb-1 font-medium">{said.mapping} <span className="font-normal text-muted">{guess.saved ? said.mappingSaved : said.mappingGuessed}</span></p>
      <div className="max-h-72 overflow-auto rounded-md border border-line" tabIndex={0} role="region" aria-label={said.mapping}>
        <table className="w-full text-left">
          <thead className="sticky top-0 bg-ground text-muted"><tr><th scope="col" className="px-3 py-1.5 font-medium">{said.field}</th><th scope="col" className="px-3 py-1.5 font-medium">{said.column}</th></tr></thead>
          <tbody>{guess.fields.map((field) => (
            <tr key={field.name} className="border-t border-line">
              <th scope="row" className="px-3 py-1 font-normal">{field.name}{field.required && <b className="text-bad"> *<span className="sr-only">{said.required}</span></b>}{field.meaning && <span className="block text-xs text-muted">{field.meaning}</span>}</th>
              <td className="px-3 py-1">
                <select aria-label={field.name} className={CONTROL} value={chosen[field.name] ?? guessed[field.name] ?? ""} onChange={(event) => choose({ ...chosen, [field.name]: event.target.value })}>
                  <option value="">{said.noColumn}</option>
                  {guessed[field.name]?.includes("+") && <option>{guessed[field.name]}</option>}
                  {header.map((column) => <option key={column}>{column}</option>)}
                </select>
              </td>
            </tr>
          ))}</tbody>
        </table>
      </div>
      {guess.unmapped.length > 0 && <p className="mt-1 text-xs text-muted">{said.unmapped(guess.unmapped.join(", "))}</p>}
    </div>
  );
}
