import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

const require = createRequire(import.meta.url);

/** The nesting of a property: a scalar, a map, a list of one shape, or an object. */
export type Shape = "scalar" | "map" | readonly [Shape] | { readonly [property: string]: Shape };

type Members = Map<string, ts.TypeNode>;

/** Reads property shapes out of the type declarations of a Pulumi npm package, without type-checking it. */
export class NpmShapes {
  private readonly root: string;
  private readonly interfaces = new Map<string, Map<string, Members>>();

  constructor(npmPackage: string) {
    this.root = dirname(require.resolve(`${npmPackage}/package.json`));
  }

  /** The configuration of the provider. */
  providerShape(): { readonly [property: string]: Shape } {
    return this.objectShape(this.declarations("provider.d.ts").get("ProviderArgs") ?? new Map<string, ts.TypeNode>(), 0);
  }

  /** The inputs and outputs of a resource ("ec2/vpc:Vpc"), or the arguments and result of a function ("ec2/getAmi:getAmi"). */
  shapeOf(token: string): { readonly [property: string]: Shape } {
    const [module = "", member = ""] = token.split(":");
    const file = `${module.replace(/^index\//, "")}.d.ts`;
    const upper = `${member.charAt(0).toUpperCase()}${member.slice(1)}`;
    const declared = this.declarations(file);
    const parts = member.startsWith("get") ? [`${upper}Args`, `${upper}Result`] : [`${member}Args`, `${member}State`];
    const shapes = parts.map((name) => this.objectShape(declared.get(name) ?? new Map<string, ts.TypeNode>(), 0));
    return Object.fromEntries(shapes.flatMap((shape) => Object.entries(shape)));
  }

  private objectShape(members: Members, depth: number): { readonly [property: string]: Shape } {
    return Object.fromEntries([...members].map(([name, type]) => [name, this.shape(type, depth)]));
  }

  private shape(type: ts.TypeNode, depth: number): Shape {
    if (depth > 12) return "scalar";
    if (ts.isArrayTypeNode(type)) return [this.shape(type.elementType, depth + 1)];
    if (ts.isTypeLiteralNode(type)) return "map";
    if (ts.isUnionTypeNode(type)) {
      const present = type.types.filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword);
      return present[0] === undefined ? "scalar" : this.shape(present[0], depth);
    }
    if (!ts.isTypeReferenceNode(type)) return "scalar";
    const name = type.typeName.getText();
    const inner = type.typeArguments?.[0];
    if (/^pulumi\.(Input|Output)$/.test(name) && inner !== undefined) return this.shape(inner, depth);
    const [namespace, ...path] = name.split(".");
    if (namespace !== "inputs" && namespace !== "outputs") return "scalar";
    const members = this.declarations(`types/${namespace.slice(0, -1)}.d.ts`).get(path.join("."));
    return members === undefined ? "scalar" : this.objectShape(members, depth + 1);
  }

  private declarations(file: string): Map<string, Members> {
    const known = this.interfaces.get(file);
    if (known !== undefined) return known;
    const path = join(this.root, file);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
    const found = new Map<string, Members>();
    collect(source, "", found);
    this.interfaces.set(file, found);
    return found;
  }
}

function collect(node: ts.Node, prefix: string, found: Map<string, Members>): void {
  node.forEachChild((child) => {
    if (ts.isInterfaceDeclaration(child)) found.set(`${prefix}${child.name.text}`, membersOf(child));
    else if (ts.isModuleDeclaration(child) && child.body !== undefined) collect(child.body, `${prefix}${child.name.getText()}.`, found);
  });
}

function membersOf(declaration: ts.InterfaceDeclaration): Members {
  const members: Members = new Map();
  for (const member of declaration.members) {
    if (ts.isPropertySignature(member) && member.type !== undefined) members.set(member.name.getText().replaceAll('"', ""), member.type);
  }
  return members;
}
