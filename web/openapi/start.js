// Everything comes from this server; the description of the API is where the page says.
const element = document.getElementById("api");
window.SwaggerUIBundle({
  domNode: element,
  url: element.dataset.schema,
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
});
