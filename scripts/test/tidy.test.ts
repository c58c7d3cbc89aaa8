import { basename, dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { longFiles, longFunctions } from './ratchet.ts';
import { files, read, root, scriptFiles, sourceFiles } from './repository.ts';

/** The habits of STYLE.md that a machine can check and the linter does not. */
const fileLinesMax = 300;
/** Of a function's own: what it defines inside is measured by itself, as a class's methods are. */
const functionLinesMax = 50;
/** With everything inside it. */
const wholeFunctionLinesMax = 100;
const codeFiles = files.filter((file) => /\.(tsx?|css|sh|sql|html)$/.test(file));

test('no file is longer than 300 lines, and the list of exceptions only shrinks', () => {
  const long = codeFiles
    .map((file) => ({ file, lines: countLines(read(file)) }))
    .filter(({ lines }) => lines > fileLinesMax);
  expect(long.filter(({ file, lines }) => lines > (longFiles[file] ?? 0))).toEqual([]);
  expect(Object.keys(longFiles).filter((file) => !long.some((entry) => entry.file === file))).toEqual([]);
});

test('no function is longer than 50 lines of its own or 100 in all, and the list of exceptions only shrinks', () => {
  const long = sourceFiles
    .flatMap(findFunctions)
    .filter(({ own, whole }) => own > functionLinesMax || whole > wholeFunctionLinesMax);
  expect(long.filter(({ name, whole }) => whole > (longFunctions[name] ?? 0))).toEqual([]);
  expect(Object.keys(longFunctions).filter((name) => !long.some((entry) => entry.name === name))).toEqual([]);
});

test('files are named in kebab-case, and none is called utils', () => {
  const kebab = /^\.?(\d{3,4}_(contract_)?)?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  expect(codeFiles.filter((file) => !kebab.test(basename(file)))).toEqual([]);
  expect(codeFiles.filter((file) => /^(utils?|helpers?|misc|common)\./.test(basename(file)))).toEqual([]);
});

test('modules export by name, and none only passes on', () => {
  const parsed = scriptFiles.map((file) => ({ file, statements: [...parse(file).statements] }));
  const withDefault = parsed
    .filter(({ statements }) => statements.some(isDefaultExport))
    .map(({ file }) => file);
  expect(withDefault.filter((file) => !file.endsWith('.config.ts'))).toEqual([]);
  const barrels = parsed.filter(({ statements }) => statements.length > 0 && statements.every(isReExport));
  expect(barrels.map(({ file }) => file)).toEqual([]);
});

test('nothing is left to do', () => {
  const marks = /\b(TOD[O]|FIXM[E]|XX[X])\b/;
  expect(codeFiles.filter((file) => marks.test(read(file)))).toEqual([]);
});

test('every relative link of a document leads somewhere', () => {
  const broken = files.filter((file) => file.endsWith('.md')).flatMap(findBrokenLinks);
  expect(broken).toEqual([]);
});

test('no file names a path of one machine or a package registry', () => {
  const folders = ['work', 'root', 'home'].join('|');
  const machine = new RegExp(`(^|[\\s"'\`(=:])/(${folders})/[\\w.-]`, 'm');
  const registry = /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|"resolved": "https?:/;
  const text = files.filter((file) => !/\.(png|jpe?g|webp|avif|ico|woff2?|svg|db)$/.test(file));
  expect(text.filter((file) => machine.test(read(file)) || registry.test(read(file)))).toEqual([]);
});

function countLines(text: string): number {
  return text.trimEnd().split('\n').length;
}

function parse(file: string): ts.SourceFile {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true, kind);
}

interface MeasuredFunction {
  /** `<file> <function>` */
  name: string;
  own: number;
  whole: number;
}

function findFunctions(file: string): MeasuredFunction[] {
  const source = parse(file);
  const toLines = (node: ts.Node) => {
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    return source.getLineAndCharacterOfPosition(node.end).line - first + 1;
  };
  const found: MeasuredFunction[] = [];
  /** Returns the lines taken by the outermost functions below a node. */
  const visit = (node: ts.Node): number => {
    let inside = 0;
    ts.forEachChild(node, (child) => {
      inside += visit(child);
    });
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return inside;
    const whole = toLines(node);
    found.push({ name: `${file} ${toName(node)}`, own: whole - inside, whole });
    return whole > 1 ? whole : 0;
  };
  visit(source);
  return found;
}

function toName(node: ts.SignatureDeclaration): string {
  const named = node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined);
  return named?.getText() ?? '(anonymous)';
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
}

function isReExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

function findBrokenLinks(file: string): string[] {
  const targets = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(join(root, dirname(file), target.split('#')[0] ?? '')))
    .map((target) => `${file} -> ${target}`);
}
