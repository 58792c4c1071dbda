// The API page: Swagger UI, which the server brings along, over the server's own description of its API.

/** @typedef {(options: Record<string, unknown>) => unknown} SwaggerUi */

const { SwaggerUIBundle } = /** @type {{ SwaggerUIBundle?: SwaggerUi }} */ (/** @type {unknown} */ (window));
const root = /** @type {HTMLElement} */ (document.getElementById("api"));

if (SwaggerUIBundle) SwaggerUIBundle({ url: "/openapi.json", domNode: root, deepLinking: true, defaultModelsExpandDepth: 0 });
else
  root.textContent =
    "The viewer for the API could not be loaded. The description itself is at /openapi.json.";
