import { Type } from 'typebox';
import { Artifact } from './artifact.ts';
import { Page } from './shapes.ts';

export const ArtifactPage = Page(Artifact, 'ArtifactPage');
export const ArtifactList = Type.Object(
  { items: Type.Array(Artifact) },
  { title: 'ArtifactList', additionalProperties: false },
);
