import { describe, expect, it } from "vitest";
import { approvedCalls, checkMcpLabels, parseMcpRequest } from "../../src/protocol/index.ts";

const mcp = (fields: object) =>
  parseMcpRequest({
    type: "mcp",
    path: "tools[1]",
    fields: { type: "mcp", server_label: "docs", ...fields },
  });

describe("an MCP server in a request", () => {
  it("asks before each call unless the request says otherwise", () => {
    expect(mcp({}).needsApproval("a")).toBe(true);
    expect(mcp({ require_approval: "never" }).needsApproval("a")).toBe(false);
    const some = mcp({
      require_approval: { never: { tool_names: ["a", "b"] }, always: { tool_names: ["b"] } },
    });
    expect(["a", "b", "c"].map(some.needsApproval)).toEqual([false, true, true]);
  });

  it("may be narrowed; what a server says of itself lets nothing through", () => {
    expect(mcp({ allowed_tools: ["a"] }).allowed).toEqual(["a"]);
    expect(mcp({ allowed_tools: { tool_names: ["a"] } }).allowed).toEqual(["a"]);
    expect(mcp({ allowed_tools: { read_only: true } }).allowed).toEqual([]);
    expect(mcp({}).allowed).toBeUndefined();
  });

  it.each(["connector_id", "authorization"])("cannot bring %s", (name) => {
    expect(() => mcp({ [name]: "x" })).toThrow(`tools[1].${name}`);
  });

  it("is one of the configured, once", () => {
    expect(() => checkMcpLabels([mcp({})], ["other"])).toThrow(/Configured: other/);
    expect(() => checkMcpLabels([mcp({}), mcp({})], ["docs"])).toThrow(/Duplicate MCP server_label 'docs'/);
  });
});

describe("approvals", () => {
  const request = {
    id: "mcpr_1",
    type: "mcp_approval_request",
    server_label: "d",
    name: "f",
    arguments: "{}",
  };
  const answer = (approve: boolean, id = "mcpr_1") => ({
    id: "mcpa_1",
    type: "mcp_approval_response",
    approval_request_id: id,
    approve,
  });

  it("name the call they allow", () => {
    expect(approvedCalls([request], [answer(true)])).toEqual([
      {
        requestId: "mcpr_1",
        label: "d",
        name: "f",
        call: expect.objectContaining({ recipient: "d.f", arguments: "{}" }),
      },
    ]);
    expect(approvedCalls([request], [answer(false)])).toEqual([]);
  });

  it("answer a known request, once", () => {
    expect(() => approvedCalls([request], [answer(true, "mcpr_2")])).toThrow(/no earlier approval request/);
    expect(() => approvedCalls([request, answer(true)], [answer(true)])).toThrow(/answered already/);
  });
});
