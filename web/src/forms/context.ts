/** What a form knows of its surroundings: names that its fields may refer to, and the editor for conditions. */
import { createContext, useContext, type ComponentType } from "react";

import type { Json, Schema } from "./schema";

/** value: what is kept; label: what people read. */
export type Option = { value: string; label?: string };
export type ConditionEditing = { value: Json | undefined; onChange: (value: Json | undefined) => void; label: string; id: string; describedBy: string | undefined; invalid: boolean; errors: readonly FormError[]; disabled: boolean };
/** place: path below the form's value, with dots and brackets; "" for the whole. */
export type FormError = { place: string; message: string; is_error?: boolean };
/** known: by what a text names (`x-names` of the schema: template, segment, trigger, ...); fields: what may be inserted into
 * Liquid texts ('account.name'). */
export type FormContext = { known?: Readonly<Record<string, readonly Option[]>>; fields?: readonly Option[]; ConditionEditor?: ComponentType<ConditionEditing>; disabled?: boolean };

/** One place of a form. path: of the value; set: with another value, undefined to leave it out. */
export type Place = { schema: Schema; value: Json | undefined; path: string; name: string; required: boolean; set: (value: Json | undefined) => void };
type Surroundings = { root: Schema; errors: readonly FormError[]; context: FormContext; id: (path: string) => string };

export const FormPlace = createContext<Surroundings>({ root: {}, errors: [], context: {}, id: (path) => path });
export const useForm = () => useContext(FormPlace);

/** Errors of a place, with those below it where nothing below it is shown. */
export function useErrors(path: string, withInner: boolean): readonly FormError[] {
  return errorsAt(useForm().errors, path, withInner);
}

export const errorsAt = (errors: readonly FormError[], path: string, withInner: boolean) =>
  errors.filter(({ place }) => place === path || (withInner && (path === "" || place.startsWith(`${path}.`) || place.startsWith(`${path}[`))));

export const inner = (path: string, name: string) => (path === "" ? name : `${path}.${name}`);
