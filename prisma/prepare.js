// Run by npm after an installation: makes an embedded database, from which the first start copies its own. Whatever goes wrong
// here, the first start makes it.
const { keepDatabase } = await import('../server/platform/database/open-pglite.ts');
await keepDatabase();
