import polaris from '@shopify/polaris/locales/de.json' with { type: 'json' };
import activity from './activity.json' with { type: 'json' };
import common from './common.json' with { type: 'json' };
import consent from './consent.json' with { type: 'json' };
import extensions from './extensions.json' with { type: 'json' };
import imports from './imports.json' with { type: 'json' };
import issues from './issues.json' with { type: 'json' };
import overview from './overview.json' with { type: 'json' };
import people from './people.json' with { type: 'json' };
import privacy from './privacy.json' with { type: 'json' };
import server from './server.json' with { type: 'json' };
import settings from './settings.json' with { type: 'json' };
import setup from './setup.json' with { type: 'json' };

export const texts = {
  common,
  activity,
  overview,
  people,
  consent,
  imports,
  issues,
  privacy,
  settings,
  setup,
  extensions,
  server,
};
export { polaris };
