import { z } from 'zod';
import type { Text } from './text.ts';

/** A text as the API's answers contain it. */
export const textContract = z
  .custom<Text>((value) => typeof value === 'object' && value !== null && 'code' in value)
  .meta({
    type: 'object',
    properties: { code: { type: 'string' }, params: { type: 'object' }, next: { type: 'object' } },
    required: ['code'],
  });
