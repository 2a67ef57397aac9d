import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api.ts';

/** Data older than this is refreshed when a page that shows it opens, in milliseconds. */
const FRESH_FOR = 10_000;
const RETRIES = 1;

const mayPass = (error: unknown) => !(error instanceof ApiError) || error.kind === 'server' || error.kind === 'offline';

/** Keeps the merchant API's answers. A temporary failure is retried once before it is shown. */
export const createQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_FOR,
        retry: (count, error) => count < RETRIES && mayPass(error),
        retryDelay: 500,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
