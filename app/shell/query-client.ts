import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api.ts';

/** After which what was read is read again when a page that shows it is opened, in milliseconds. */
const FRESH_FOR = 10_000;
const RETRIES = 1;

const mayPass = (error: unknown) => !(error instanceof ApiError) || error.kind === 'server' || error.kind === 'offline';

/** Keeps what the merchant API answered; a passing failure is tried once more before it is shown. */
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
