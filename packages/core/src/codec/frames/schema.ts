// The protobuf schema that a server hands out at /codec/schema. Field 4 is tool_calls and 5 is base_id.

/** proto3 source of the frame and request messages. */
export const CODEC_PROTO: string = `syntax = "proto3";

package codec;

message ToolCall {
  optional string name = 1;
  string arguments_json = 2;
  optional string id = 3;
}

message CodecFrame {
  repeated uint32 ids = 1 [packed = true];
  bool done = 2;
  optional string finish_reason = 3;
  repeated ToolCall tool_calls = 4;
  optional uint32 base_id = 5;
}

message CodecRequest {
  repeated uint32 prompt_ids = 1 [packed = true];
  uint32 max_tokens = 2;
  float temperature = 3;
  repeated string stop = 4;
  string stream_format = 5;
}
`;
