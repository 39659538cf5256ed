/** What the compiler knows of the types in a source file, for tests that hold them against something else. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** @returns what finds a type of the file by its name */
export function typesOf(
  file: string,
): (name: string) => { checker: ts.TypeChecker; type: ts.Type; at: ts.Node } {
  const name = path.join(root, file);
  const program = ts.createProgram([name], {
    strict: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(name);
  assert.ok(source);
  return (wanted) => {
    const at = source.statements.find(
      (node) =>
        (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) && node.name.text === wanted,
    );
    assert.ok(at, `${file} has no type ${wanted}`);
    return { checker, type: checker.getTypeAtLocation(at), at };
  };
}

/** The values of a union of texts; of one text alone too. */
export function textsOf(type: ts.Type): string[] {
  const members = type.isUnion() ? type.types : [type];
  return members.filter((member) => member.isStringLiteral()).map((member) => member.value);
}

export function propertiesOf(checker: ts.TypeChecker, type: ts.Type): string[] {
  return checker.getPropertiesOfType(type).map((property) => property.name);
}
