import { Button, Card, TextField } from '@shopify/polaris';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { replaceQuery } from '../location.ts';

/** What the URL's `q` says to look for; empty: nothing yet. */
export const useSearched = (): string => useSearchParams()[0].get('q') ?? '';

/** A search of customers, which puts what was typed into the URL as `q` once it is submitted; the same looks again. */
export function SearchForm(props: { path: string; label: string; help?: string; action: string }) {
  const { path, label, help, action } = props;
  const q = useSearched();
  const client = useQueryClient();
  const [typed, setTyped] = useState(q);
  useEffect(() => setTyped(q), [q]);
  return (
    <Card>
      <search>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            replaceQuery(path, { q: typed.trim() });
            // Who wasn't known may be by now.
            void client.invalidateQueries({ queryKey: ['people'] });
          }}
        >
          <TextField
            label={label}
            helpText={help}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            inputMode="search"
            maxLength={320}
            clearButton
            onClearButtonClick={() => setTyped('')}
            connectedRight={
              <Button submit variant="primary">
                {action}
              </Button>
            }
          />
        </form>
      </search>
    </Card>
  );
}
