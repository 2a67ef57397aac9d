/**
 * SQL: the rows `r` of each key `k.key` in a list. Each key is looked up separately: of
 * `column = ANY(list)` behind another column of an index, PostgreSQL 15 may only check it row by row,
 * and a plan made while the table was almost empty, and kept, would read all of a shop's rows.
 * @param list such as `$2::text[]`
 * @param rows a SELECT that has an index for its conditions, one of which compares with `k.key`
 */
export const ofEachKey = (list: `$${number}::${'text' | 'uuid'}[]`, rows: string) =>
  `(SELECT DISTINCT unnest(${list}) AS key) AS k CROSS JOIN LATERAL (${rows} OFFSET 0) AS r`;
