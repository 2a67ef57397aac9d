// Run by npm after an installation: makes an empty embedded database, from which the first start copies its own. Whatever goes
// wrong here, the first start makes it.
const { keepEmptyDatabase } = await import('../server/platform/database/open-pglite.ts');
await keepEmptyDatabase();
