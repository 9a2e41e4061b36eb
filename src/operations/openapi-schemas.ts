import type { ReferenceObject, SchemaObject } from '@nestjs/swagger';

type Schema = SchemaObject | ReferenceObject;

/** Examples for strings of a known format. */
const FORMAT_EXAMPLES: Readonly<Record<string, string>> = {
  uuid: '01997a6e-7e3f-7000-8000-000000000000',
  'date-time': '2025-01-15T10:30:00.000Z',
};

/** The schemas of a document, and what can be derived from them. */
export class Schemas {
  constructor(private readonly byName: Readonly<Record<string, Schema>>) {}

  /**
   * An example of a whole body, built from its properties' examples, defaults, enums and formats. Undefined if there is nothing to
   * build it from.
   */
  exampleOf(schema: Schema): unknown {
    const { properties, items, format = '', ...rest } = this.resolve(schema);
    const given = [rest.example, rest.default, rest.enum?.[0]] as unknown[];
    const own = given.find((value) => value !== undefined);
    if (own !== undefined) return own;
    if (properties !== undefined) {
      return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, this.exampleOf(property)]));
    }
    return items === undefined ? FORMAT_EXAMPLES[format] : [this.exampleOf(items)];
  }

  /** Whether a body is required: one without required fields may be omitted. */
  isNeeded(schema: Schema): boolean {
    const { required = [], anyOf } = this.resolve(schema);
    return required.length > 0 || anyOf !== undefined;
  }

  private resolve(schema: Schema): SchemaObject {
    if (!('$ref' in schema)) return schema;
    return this.resolve(this.byName[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  }
}
