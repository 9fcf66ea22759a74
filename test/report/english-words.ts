/** Words that English text can hardly do without and that Swedish has not, alone or in the words of reports. */
const ENGLISH =
  /(?<![-\p{L}_])(?:the|of|and|with|is|are|was|were|be|been|between|from|which|that|this|these|not|no|none|by|at|its|than|without|where|when|each|every|their|cannot|should|only|one|two|rows?|clients?|participants?|units|months?|years?|points|days|missing|difference|treatment|estimated?|women|woman|dropout|ongoing|unchanged|deteriorated|improved|recovered)(?![-\p{L}_]|\.csv)/giu;

/** What is the same in a Swedish sentence: keys and values of a plan, in quotes or before a colon; the condition of rows. */
const SAME_IN_SWEDISH: readonly RegExp[] = [
  /"[^"]*"/g,
  /\(villkor: .*\)/gs,
  /"?model: [a-z-]+"?/g,
  /\(between–within\)/g,
  /analyze \w+/g,
];

/** The English words of a Swedish text. */
export const englishIn = (text: string): string[] =>
  SAME_IN_SWEDISH.reduce((rest, same) => rest.replace(same, ""), text).match(ENGLISH) ?? [];
