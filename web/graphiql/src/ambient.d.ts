/** What the build provides: the sample operations, and the file names of Monaco's workers. */
declare module "easel:samples" {
  const samples: readonly { readonly query: string; readonly variables: string | null }[];
  export default samples;
}
declare var MonacoEnvironment: import("monaco-editor").Environment | undefined;
declare const WORKERS: Readonly<Record<"editor" | "json" | "graphql", string>>;
declare module "*.css";
declare module "monaco-graphql/esm/monaco-editor.js" {
  export * from "monaco-editor";
}
