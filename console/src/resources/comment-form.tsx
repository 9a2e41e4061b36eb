import { useQueryClient } from '@tanstack/react-query';
import { AtSign } from 'lucide-react';
import { useState } from 'react';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { fieldError, formError } from '../api/problem.js';
import type { Person } from '../people/people.js';
import { Button } from '../ui/button.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';
import { MentionList } from './mention-list.js';
import { resourcePath } from './resources.js';
import { useMentionPicker } from './use-mention-picker.js';

interface CommentFormProps {
  orgId: string;
  resourceId: string;
  people: readonly Person[];
}

/** A form for a comment; typing `@` suggests members. */
export function CommentForm({ orgId, resourceId, people }: CommentFormProps) {
  const api = useApi();
  const client = useQueryClient();
  const [body, setBody] = useState('');
  const picker = useMentionPicker(people, body, setBody);
  const action = useAction(async () => {
    await api.send('POST', `${resourcePath(orgId, resourceId)}/comments`, { body: body.trim() });
    setBody('');
    await client.invalidateQueries({ queryKey: keys.comments(orgId, resourceId) });
  });
  const wrong = fieldError(action.error, 'body');
  return (
    <form
      className="comment-form"
      onSubmit={(event) => {
        event.preventDefault();
        void action.run();
      }}
    >
      <div className="comment-editor">
        <textarea
          {...picker.textareaProps}
          className="input"
          aria-label="Comment"
          aria-invalid={wrong === undefined ? undefined : true}
          placeholder="Write a comment… Type @ to mention someone"
          rows={3}
          maxLength={4_000}
          value={body}
        />
        {picker.isOpen && <MentionList picker={picker} />}
      </div>
      <ProblemNotice error={wrong === undefined ? formError(action.error, ['body']) : new Error(wrong)} />
      <div className="row">
        <Button kind="quiet" icon={<AtSign size={15} aria-hidden="true" />} onClick={picker.begin}>
          Mention a member
        </Button>
        <Button
          type="submit"
          kind="primary"
          className="button push"
          isBusy={action.isRunning}
          disabled={body.trim() === ''}
        >
          Comment
        </Button>
      </div>
    </form>
  );
}
