// Queries and mutations: a typed document and its variables go in, typed data comes out.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print, type ExecutionResult } from "graphql";
import type { ErrorCode } from "./generated.js";

/** Where Easel is, and who is asking: nobody, without a token. */
export interface Easel {
  url: string;
  accessToken?: string;
}

/** The member of a result that says why nothing was done. */
interface Refusal {
  code: ErrorCode;
  message: string;
}

/** Run a query or a mutation. An answer with `errors` is thrown. */
export async function request<Data, Variables>(
  easel: Easel,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(new URL("/graphql", easel.url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(easel.accessToken && { authorization: `Bearer ${easel.accessToken}` }),
    },
    body: JSON.stringify({ query: print(document), variables }),
  });
  if (!response.headers.get("content-type")?.includes("json")) {
    throw new Error(`${response.url} answered ${response.status} ${response.statusText}, and no JSON`);
  }
  const { data, errors } = (await response.json()) as ExecutionResult<Data>;
  if (errors || !data) throw new Error(errors?.map(explain).join("; ") ?? "There is no data in the answer");
  return data;
}

/** Return the result of a mutation that did what was asked; a refusal is thrown. */
export function accepted<Result extends object>(result: Result): Exclude<Result, Refusal> {
  if ("code" in result) throw new Error(explain(result as unknown as Refusal));
  return result as Exclude<Result, Refusal>;
}

/** Return a refusal, or an entry of `errors`, as one line. Programs go by the code; people read the message. */
export function explain(error: { message: string; code?: string; extensions?: Record<string, unknown> }): string {
  return `${error.code ?? error.extensions?.["code"]}: ${error.message}`;
}
