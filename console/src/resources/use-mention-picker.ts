import { type ComponentProps, type KeyboardEvent, useId, useRef, useState } from 'react';
import type { Person } from '../people/people.js';
import { mentionAt } from './mentions.js';

type TextareaProps = ComponentProps<'textarea'>;

export interface MentionPicker {
  textareaProps: TextareaProps;
  isOpen: boolean;
  found: readonly Person[];
  /** The index of the option that Enter takes. */
  active: number;
  listId: string;
  optionId: (index: number) => string;
  choose: (person: Person) => void;
  /** Inserts an `@` and opens the list. */
  begin: () => void;
}

const OFFERED = 6;

/** Suggests members while a mention is typed: arrows move, Enter or Tab selects, Escape closes. */
export function useMentionPicker(
  people: readonly Person[],
  text: string,
  setText: (text: string) => void,
): MentionPicker {
  const ref = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [isDismissed, setDismissed] = useState(true);

  const mention = isDismissed ? null : mentionAt(text, caret);
  const found = mention === null ? [] : matching(people, mention.typed);
  const isOpen = found.length > 0;
  const optionId = (index: number) => `${listId}-${index}`;

  const write = (next: string, nextCaret: number) => {
    setText(next);
    setCaret(nextCaret);
    setActive(0);
    // After React has set the text, the browser has moved the caret to its end.
    requestAnimationFrame(() => {
      ref.current?.focus();
      ref.current?.setSelectionRange(nextCaret, nextCaret);
    });
  };

  const choose = ({ userId }: Person) => {
    if (mention === null) return;
    const inserted = `@${userId} `;
    setDismissed(true);
    write(text.slice(0, mention.start) + inserted + text.slice(caret), mention.start + inserted.length);
  };

  const begin = () => {
    const at = ref.current?.selectionStart ?? text.length;
    const before = text.slice(0, at);
    const inserted = before === '' || /\s$/.test(before) ? '@' : ' @';
    setDismissed(false);
    write(before + inserted + text.slice(at), at + inserted.length);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const person = found[active];
    if (event.key === 'ArrowDown') setActive((active + 1) % found.length);
    else if (event.key === 'ArrowUp') setActive((active + found.length - 1) % found.length);
    else if (event.key === 'Escape') setDismissed(true);
    else if ((event.key === 'Enter' || event.key === 'Tab') && person !== undefined) choose(person);
    else return;
    event.preventDefault();
  };

  const textareaProps: TextareaProps = {
    ref,
    onKeyDown,
    onChange: ({ target }) => {
      setText(target.value);
      setCaret(target.selectionStart);
      setActive(0);
      setDismissed(false);
    },
    onBlur: () => setDismissed(true),
    'aria-autocomplete': 'list',
    'aria-controls': isOpen ? listId : undefined,
    'aria-activedescendant': isOpen ? optionId(active) : undefined,
  };
  return { textareaProps, isOpen, found, active, listId, optionId, choose, begin };
}

function matching(people: readonly Person[], typed: string): Person[] {
  const words = typed.toLowerCase();
  const fits = ({ name, userId, detail }: Person) =>
    [name, userId, detail ?? ''].some((each) => each.toLowerCase().includes(words));
  return people.filter((person) => !person.isYou && fits(person)).slice(0, OFFERED);
}
