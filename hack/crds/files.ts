import { crdFile } from './definition.ts'
import { kinds } from './kinds.ts'

/** Every file that is generated from the schemas, with its path from the root of the repository. */
export function generatedFiles(): readonly Readonly<{ path: string; text: string }>[] {
  return kinds.flatMap((kind) => {
    const { name, text } = crdFile(kind)
    return [
      { path: `crds/${name}`, text },
      { path: `charts/ephemera/files/crds/${name}`, text },
    ]
  })
}
