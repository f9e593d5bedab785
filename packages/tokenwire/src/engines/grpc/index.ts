export { createGrpcEngine, grpcDialectNames } from "./grpc-engine.ts";
