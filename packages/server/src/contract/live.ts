import { Type } from 'typebox';
import { Page } from './shapes.ts';
import { Version } from './version.ts';

export const LiveStatus = Type.Enum(['production', 'staging']);
export type LiveStatus = 'production' | 'staging';

/** Every version that was live at a moment, model by model in the order in which these were registered. */
export const LivePage = Page(Version, 'LivePage');
