import type { paths } from './schema.d.ts';

type Content<R> = R extends { content: { 'application/json': infer B } } ? B : never;
type Success<R> = R extends { 200: infer A } ? Content<A> : R extends { 201: infer A } ? Content<A> : R extends { 202: infer A } ? Content<A> : never;

/** What an operation answers, by the address and method of openapi.json. */
export type Answer<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R } ? Success<R> : never;

/** What an operation takes. */
export type Body<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { requestBody?: infer B } ? Content<NonNullable<B>> : never;

/** One row of a list. */
export type Item<P extends keyof paths> = Answer<P, 'get' & keyof paths[P]> extends { items: (infer I)[] } ? I : never;

/** The query parameters of a list. */
export type QueryOf<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never;
