import { Box, Button, Popover, TextField } from '@shopify/polaris';
import { useState } from 'react';
import { ORDERS_DAYS } from '../../server/domain/days.ts';
import { Calendar } from '../shell/calendar.tsx';
import { textsOf } from '../texts.ts';
import type { Import } from './import-types.ts';
import './since-field.css';

const t = textsOf('imports.form');

/** The day from which to import: typed, or chosen in a calendar; empty: no limit. */
export function SinceField(props: {
  kind: Import['kind'];
  day: string;
  error?: string;
  onChange: (day: string) => void;
}) {
  const { kind, day, error, onChange } = props;
  const [isOpen, setIsOpen] = useState(false);
  const isOrders = kind === 'orders';
  const choose = (chosen: string) => {
    onChange(chosen);
    setIsOpen(false);
  };
  return (
    <div className="since-field">
      <TextField
        label={t('from')}
        type="date"
        value={day}
        onChange={onChange}
        autoComplete="off"
        helpText={isOrders ? t('fromOrders') : t('fromCustomers')}
        {...(error !== undefined && { error })}
        connectedRight={
          <Popover
            active={isOpen}
            activator={
              <Button disclosure={isOpen ? 'up' : 'down'} onClick={() => setIsOpen(!isOpen)}>
                {t('calendar')}
              </Button>
            }
            ariaHaspopup="dialog"
            autofocusTarget="first-node"
            onClose={() => setIsOpen(false)}
          >
            <Box padding="400">
              <Calendar from={day} to={day} {...(isOrders && { daysBack: ORDERS_DAYS })} onChange={choose} />
            </Box>
          </Popover>
        }
      />
    </div>
  );
}
