import { stringify } from 'csv-stringify/sync';

/**
 * A spreadsheet runs a cell that starts like a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection). Beyond what csv-stringify's
 * `escape_formulas` knows, this covers a formula after characters the spreadsheet trims, a line
 * break, and characters that are converted to formula signs.
 */
const FORMULA = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−]|^[\t\r\n]/u;

/** Rows in RFC 4180 format. A cell that a spreadsheet would run gets a leading apostrophe. */
export const csvRows = (rows: string[][], options: { bom?: boolean } = {}): string =>
  stringify(rows, {
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: { string: (text) => (FORMULA.test(text) ? `'${text}` : text) },
    // Where the comma is the decimal sign, spreadsheets split cells at semicolons, some at tabs. A
    // lone line break splits rows too.
    quoted_match: /[;\t\r\n]/,
    ...options,
  });
