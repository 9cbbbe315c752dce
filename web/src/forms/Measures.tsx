/** Amounts of one thing in several units, such as {days: 5, hours: 12}: a row of numbers; those that are 0 are left out. */
import { inner, useErrors, useForm, type Place } from "./context";
import { Legended } from "./Frame";
import { withField } from "./Group";
import { isFields, resolved } from "./schema";
import { titleOf } from "./shapes";
import { NumberInput } from "./Text";

export function Measures({ schema, value, path, name, required, set }: Place) {
  const { id, root } = useForm();
  const amounts = isFields(value) ? value : {};
  return (
    <Legended id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      <div className="flex flex-wrap gap-2">
        {Object.entries(schema.properties ?? {}).map(([unit, part]) => {
          const here = resolved(part, root), at = inner(path, unit);
          return (
            <label key={unit} htmlFor={id(at)} className="w-20 text-xs text-muted">{titleOf(here, unit)}
              <NumberInput schema={{ ...here, "x-unit": "" }} value={amounts[unit]} path={at} name={unit} required={false} whole={here.type === "integer"} control={{ id: id(at) }}
                set={(next) => set(withField(amounts, unit, next === 0 ? undefined : next))} />
            </label>
          );
        })}
      </div>
    </Legended>
  );
}
