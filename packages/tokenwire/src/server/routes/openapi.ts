// `GET /openapi.json`: every route of this server, made on first use.

import type { Route } from "../context.ts";
import { describeRoutes } from "../openapi/document.ts";

/** The route that describes `routes` and itself. */
export function openApiRoute(routes: readonly Route[]): Route {
  let document: object | undefined;
  const route: Route = {
    method: "GET",
    path: "/openapi.json",
    handle: () => {
      document ??= describeRoutes([...routes, route]);
      return document;
    },
  };
  return route;
}
