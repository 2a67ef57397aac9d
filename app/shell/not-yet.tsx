import type { ReactNode } from 'react';
import { Failure } from './failure.tsx';

type Props = { query: { error: unknown; refetch: () => unknown }; loading: ReactNode };

/** In place of what isn't read yet: that it is loading, or why it can't be read and a button to try again. */
export const NotYet = ({ query: { error, refetch }, loading }: Props) =>
  error ? <Failure error={error} onRetry={() => void refetch()} /> : loading;
