import { z } from 'zod'
import { networkSchema } from '../../src/network-spec.ts'
import { policySchema } from '../../src/policy.ts'

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
}

/** Every field that a spec may set, such as `policy.seeds[].name`, in the order of the schema. */
export function fields (): string[] {
  const schema = (type: z.ZodType): Shape => z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Shape
  return [...new Set([...leaves('network', schema(networkSchema)), ...leaves('policy', schema(policySchema))])]
}

function leaves (path: string, shape: Shape): string[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).flatMap(([key, value]) => leaves(`${path}.${key}`, value)),
    ...(shape.items === undefined ? [] : leaves(`${path}[]`, shape.items).filter(leaf => leaf !== `${path}[]`)),
    ...[...shape.anyOf ?? [], ...shape.oneOf ?? []].flatMap(value => leaves(path, value)).filter(leaf => leaf !== path)
  ]
  return inner.length === 0 ? [path] : inner
}
