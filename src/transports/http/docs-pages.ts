const page = (title: string, head: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
${body}
</body>
</html>
`

/** Scripts are files of their own: the pages' policy forbids script in the page. */
export const SWAGGER_PAGE = page(
  'Sensorium API',
  '<link rel="stylesheet" href="/docs/swagger-ui.css">',
  '<div id="api"></div>\n<script src="/docs/swagger-ui-bundle.js"></script>\n<script src="/docs/start.js"></script>',
)

export const SWAGGER_START = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true })
`

export const REDOC_PAGE = page(
  'Sensorium API reference',
  '<style>body { margin: 0 }</style>',
  '<redoc spec-url="/openapi.json"></redoc>\n<script src="/redoc/redoc.standalone.js"></script>',
)
