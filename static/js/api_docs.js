// The documentation of the API: Swagger UI from its package, with nothing inline.
const docs = document.getElementById("docs");
globalThis.SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  presets: [globalThis.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: false, // would put a link inside each button
  validatorUrl: null, // nothing is sent anywhere
});
