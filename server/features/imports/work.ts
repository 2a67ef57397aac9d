import type { Import } from '../../domain/imports.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** An import in progress. `until`: when to stop for now, so that others get their turn. */
export type Work = { shop: Shop; job: Import; until: Instant; signal: AbortSignal };
