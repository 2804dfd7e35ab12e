import { applyEdits, findNodeAtLocation, modify, parseTree } from "jsonc-parser";

const HEADER = "Authorization";

/**
 * The headers' JSON with `wanted` as its authorization (`null` removes it), or `null` to leave the text alone.
 *
 * `placed` is what this page had put there. Another value is the visitor's own and stays, and so does a header that
 * the visitor has taken away.
 */
export function withAuthorization(headers: string, wanted: string | null, placed: string | null): string | null {
  const root = headers.trim() ? parseTree(headers) : undefined;
  const node = root && (findNodeAtLocation(root, [HEADER]) ?? findNodeAtLocation(root, [HEADER.toLowerCase()]));
  const found: unknown = node?.value ?? null;
  if (found !== placed || found === wanted) return null;
  if (!headers.trim()) return JSON.stringify({ [HEADER]: wanted }, null, 2);
  const name = String(node?.parent?.children?.[0]?.value ?? HEADER);
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: "\n" };
  return applyEdits(headers, modify(headers, [name], wanted ?? undefined, { formattingOptions }));
}
