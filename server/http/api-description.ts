import { z } from 'zod';
import { textContract } from '../domain/wording/text-contract.ts';

/** One route of the merchant API, below `/api`, described by its contracts. */
export type ApiRoute = {
  method: 'get' | 'post' | 'put' | 'delete';
  /** In express form: `/activity/:id`. */
  path: string;
  does: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The success answer: a status (200 by default) with JSON of this form, or a file. */
  answer: { status?: 201 | 202; json: z.ZodType } | { file: 'text/csv' | 'application/json' | 'application/x-ndjson' };
  /** Error answers besides those that every route may give. */
  refusals?: readonly Refusal[];
};

/** Any JSON object: Shopify's bodies and payloads have their own contracts. */
export const jsonObject = z
  .custom<object>((value) => typeof value === 'object' && value !== null)
  .meta({ type: 'object' });

const REFUSALS = {
  404: 'The shop has nothing of this id.',
  409: 'It cannot be done as things are; the message says why.',
  422: 'Bad input: one entry for each field. Nothing was saved.',
};
type Refusal = keyof typeof REFUSALS;
const ALWAYS = {
  401: 'No valid ID token of this app, or one from before the app was uninstalled.',
  408: 'The body did not arrive within 15 seconds.',
  413: 'The body is larger than 1 MB.',
  415: 'The body is compressed, or not in UTF-8.',
  429: 'Too many calls of this shop: try again after `Retry-After` seconds.',
  500: 'A fault of the app.',
  503: 'The database cannot be reached, or too much is being received: try again after `Retry-After` seconds.',
};

/**
 * The form of every error answer. `field`: its dotted path, empty if the error is about the whole
 * body.
 */
const refusal = z.object({
  errors: z.array(z.object({ field: z.string().exactOptional(), message: z.string(), text: textContract })),
});

type Json = Record<string, unknown>;

/**
 * The JSON Schema of a request or an answer. If a contract transforms a value, its input form is
 * described.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

const jsonOf = (schema: Json) => ({ 'application/json': { schema } });
const refusedBy = (description: string) => ({
  description,
  content: jsonOf({ $ref: '#/components/schemas/Refusal' }),
});

function parametersOf({ path, query }: ApiRoute): Json[] {
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const { properties = {}, required = [] } = query
    ? z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' })
    : {};
  const asked = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  return [...named, ...asked];
}

function operationOf(route: ApiRoute): Json {
  const { answer, body, refusals = [] } = route;
  const status = 'json' in answer ? (answer.status ?? 200) : 200;
  const content =
    'json' in answer ? jsonOf(schemaOf(answer.json, 'output')) : { [answer.file]: { schema: { type: 'string' } } };
  const refused = [...refusals.map((code) => [code, REFUSALS[code]] as const), ...Object.entries(ALWAYS)];
  return {
    summary: route.does,
    parameters: parametersOf(route),
    ...(body && { requestBody: { content: jsonOf(schemaOf(body, 'input')) } }),
    responses: {
      [status]: { description: 'Done.', content },
      ...Object.fromEntries(refused.map(([code, description]) => [code, refusedBy(description)])),
    },
  };
}

/** A path in OpenAPI form: `/activity/{id}`. */
export const templateOf = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');

/** The OpenAPI 3.1 description of these routes (https://spec.openapis.org/oas/v3.1.1.html). */
export function describeApi(routes: readonly ApiRoute[]) {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Ascent360 Connector: merchant API',
      version: '1',
      description: 'What the embedded pages and the admin extensions call. The shop comes from the ID token alone.',
    },
    servers: [{ url: '/api' }],
    security: [{ idToken: [] }],
    paths,
    components: {
      securitySchemes: {
        idToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An ID token of App Bridge.' },
      },
      schemas: { Refusal: schemaOf(refusal, 'output') },
    },
  };
}
