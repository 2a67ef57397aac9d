import polaris from '@shopify/polaris/locales/es.json' with { type: 'json' };
import { areasOf } from '../areas-of.ts';

export const texts = areasOf(import.meta.glob('./*.json', { eager: true, import: 'default' }));
export { polaris };
