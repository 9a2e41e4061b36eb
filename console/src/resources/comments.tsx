import { MessageSquare } from 'lucide-react';
import type { Comment, Member } from '../api/types.js';
import { useMembers } from '../organizations/organizations.js';
import { peopleOf, type Person } from '../people/people.js';
import { useSession } from '../session/session.js';
import { Avatar } from '../ui/avatar.js';
import { Empty } from '../ui/empty.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { Time } from '../ui/time.js';
import { CommentForm } from './comment-form.js';
import { splitMentions } from './mentions.js';
import { useComments } from './resources.js';

/** The comments on a resource, oldest first. */
export function Comments({ orgId, resourceId }: { orgId: string; resourceId: string }) {
  const session = useSession();
  const members = useMembers(orgId).data?.items ?? [];
  const personOf = peopleOf(members, session);
  const { data, error, refetch } = useComments(orgId, resourceId);
  const comments = data?.items ?? [];
  return (
    <section className="card" aria-label="Comments">
      <div className="card-head">
        <h2>
          Comments <span className="count">{data === undefined ? '' : comments.length}</span>
        </h2>
      </div>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <SkeletonRows count={2} label="Loading comments" />}
      {data !== undefined && comments.length === 0 && (
        <Empty icon={MessageSquare} title="No comments yet">
          Start the discussion. Use @ to notify a member.
        </Empty>
      )}
      <ol className="comments" aria-label="Comments, oldest first">
        {comments.map((comment) => (
          <CommentRow key={comment.id} comment={comment} members={members} personOf={personOf} />
        ))}
      </ol>
      {data?.isCut === true && <div className="card-foot">Showing the first {comments.length}.</div>}
      <CommentForm orgId={orgId} resourceId={resourceId} people={members.map(({ user_id }) => personOf(user_id))} />
    </section>
  );
}

interface CommentRowProps {
  comment: Comment;
  members: readonly Member[];
  personOf: (userId: string) => Person;
}

function CommentRow({ comment, members, personOf }: CommentRowProps) {
  const { name } = personOf(comment.author);
  return (
    <li className="comment">
      <Avatar id={comment.author} name={name} size="s" />
      <div className="wrap">
        <span className="row">
          <strong className="truncate">
            <bdi>{name}</bdi>
          </strong>
          <span className="faint small">
            <Time value={comment.created_at} />
          </span>
        </span>
        <p className="comment-body">
          {splitMentions(comment.body, members).map(({ text, userId }, index) =>
            userId === null ? (
              text
            ) : (
              <span key={index} className="mention" title={userId}>
                @<bdi>{personOf(userId).name}</bdi>
              </span>
            ),
          )}
        </p>
      </div>
    </li>
  );
}
