import { addCommentRoutes } from './comment-routes.ts';
import { addItemRoutes } from './item-routes.ts';
import { addRatingRoutes } from './rating-routes.ts';
import type { CatalogServer, RouteContext } from './route-context.ts';

/** Everything below `/catalogservice/api/:version/`. */
export function addCatalogRoutes(server: CatalogServer, context: RouteContext): void {
  addItemRoutes(server, context);
  addCommentRoutes(server, context);
  addRatingRoutes(server, context);
}
