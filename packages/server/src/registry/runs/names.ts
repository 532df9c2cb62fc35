import { randomInt } from 'node:crypto';

const ADJECTIVES =
  'able amber ample apt bold brave bright brisk calm candid careful cheerful civil clear clever cool crisp curious dapper daring deft eager early easy exact fair famous fine firm fleet fresh gentle glad golden grand happy hardy honest humble jolly keen kind lively loyal lucid lucky mellow merry mild modest neat noble patient placid polished prime proud pure quick quiet rapid rare ready robust rustic sage serene sharp shiny silver smart snug solid spry stable steady sunny swift tidy tranquil true upbeat vivid warm wise witty zesty'.split(
    ' ',
  );
const NOUNS =
  'anvil ash badger basin beacon bear beech birch bison brook cairn cedar chisel cliff comet copper coral crane creek crow delta dove dune eagle ember falcon fern finch fir fjord flint fox garnet glade granite hare harbor hawk hazel heron hill ibis iris ivy jade juniper kestrel lake larch lark lynx maple marble marsh meadow mesa moon moss oak opal orchid otter owl panda pearl pine plover quartz quill raven reef ridge river robin sable sage seal spruce star stone stork swan tern thistle topaz trout vale walnut willow wolf wren yew'.split(
    ' ',
  );

/** A name for what came without one, such as `calm-otter-417`. Not unique. */
export function inventName(): string {
  return `${oneOf(ADJECTIVES)}-${oneOf(NOUNS)}-${randomInt(1_001)}`;
}

function oneOf(words: readonly string[]): string {
  return words[randomInt(words.length)] as string;
}
