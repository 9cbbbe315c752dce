/** JSON Schema as the server writes it (draft 2020-12, from Pydantic), as far as forms and checks read it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type Fields = { [key: string]: Json | undefined };

export type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  title?: string;
  description?: string;
  default?: Json;
  const?: Json;
  enum?: Json[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string; mapping?: Record<string, string> };
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
  propertyNames?: Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  "x-names"?: string;
  "x-unit"?: string;
};

/** What a reference points to, with what stands beside it; other schemas as they are. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const found = root.$defs?.[$ref.replace("#/$defs/", "")];
  return found ? { ...resolved(found, root), ...beside } : beside;
}

/** The schema without "or nothing", and whether nothing is allowed. */
export function withoutNull(schema: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  const here = resolved(schema, root);
  const forms = here.anyOf?.filter((one) => one.type !== "null");
  if (!forms || forms.length === here.anyOf?.length) return { schema: here, nullable: false };
  const { anyOf: _, ...beside } = here;
  const only = forms.length === 1 ? resolved(forms[0]!, root) : undefined;
  return { schema: only ? { ...only, ...beside } : { ...beside, anyOf: forms }, nullable: true };
}

export const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Deep equality of plain values; keys that are undefined count as absent. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((part, at) => same(part, other[at]));
  if (!isFields(one) || !isFields(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => same(one[key], other[key]));
}
