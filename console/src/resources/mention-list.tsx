import { Avatar } from '../ui/avatar.js';
import type { MentionPicker } from './use-mention-picker.js';

/** The members that match the typed mention. */
export function MentionList({ picker }: { picker: MentionPicker }) {
  return (
    <ul id={picker.listId} className="mention-list menu" role="listbox" aria-label="Members to mention">
      {picker.found.map((person, index) => (
        <li
          key={person.userId}
          id={picker.optionId(index)}
          className="menu-item"
          role="option"
          aria-selected={index === picker.active}
          // On pointer down, because on click the textarea has lost the focus and the list is closed.
          onPointerDown={(event) => {
            event.preventDefault();
            picker.choose(person);
          }}
        >
          <Avatar id={person.userId} name={person.name} size="s" />
          <span className="truncate">
            <bdi>{person.name}</bdi>
          </span>
          <span className="faint small truncate">
            <bdi>{person.detail}</bdi>
          </span>
        </li>
      ))}
    </ul>
  );
}
