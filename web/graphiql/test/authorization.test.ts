import assert from "node:assert/strict";
import { test } from "node:test";
import { withAuthorization } from "../src/authorization";

test("an empty editor gets the token", () => {
  assert.equal(withAuthorization("", "Bearer a", null), '{\n  "Authorization": "Bearer a"\n}');
});

test("other headers and comments stay", () => {
  const before = '{\n  // mine\n  "X-Trace": "1"\n}';
  const after = withAuthorization(before, "Bearer a", null) ?? "";
  assert.match(after, /\/\/ mine/);
  assert.match(after, /"X-Trace": "1",\s+"Authorization": "Bearer a"/);
});

test("a token of ours is replaced by the next one and removed at the end", () => {
  const next = withAuthorization('{ "Authorization": "Bearer a" }', "Bearer b", "Bearer a");
  assert.deepEqual(JSON.parse(next ?? ""), { Authorization: "Bearer b" });
  assert.deepEqual(JSON.parse(withAuthorization(next ?? "", null, "Bearer b") ?? ""), {});
});

test("the name is found whatever its case", () => {
  const next = withAuthorization('{ "authorization": "Bearer a" }', "Bearer b", "Bearer a");
  assert.deepEqual(JSON.parse(next ?? ""), { authorization: "Bearer b" });
});

test("the visitor's own token stays, and a removed one stays away", () => {
  assert.equal(withAuthorization('{ "Authorization": "Bearer mine" }', "Bearer b", "Bearer a"), null);
  assert.equal(withAuthorization("{}", "Bearer b", "Bearer a"), null);
});
