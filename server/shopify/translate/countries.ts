/** ISO 3166-1 with its English names. The package as a whole loads those of 78 languages. */
import countries from 'i18n-iso-countries/index.js';
import english from 'i18n-iso-countries/langs/en.json' with { type: 'json' };

countries.registerLocale(english);

export { countries };
