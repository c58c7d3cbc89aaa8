import { type FormEvent, type RefObject, useId, useRef, useState } from 'react';
import { announce } from '../state/announcements.ts';
import { outbox } from '../state/shop.ts';
import { readVisitorName, rememberVisitorName } from '../state/visitor.ts';
import { Field } from './field.tsx';

const nameMax = 100;
const textMax = 5_000;

interface CommentFormProps {
  itemId: string;
  text: string;
  onText: (text: string) => void;
  textField: RefObject<HTMLTextAreaElement | null>;
}

/** The text lives in the page, so that a comment taken back can return to it. */
export function CommentForm({ itemId, text, onText, textField }: CommentFormProps) {
  const [name, setName] = useState(readVisitorName);
  const [wasSubmitted, setWasSubmitted] = useState(false);
  const nameField = useRef<HTMLInputElement>(null);
  const nameId = useId();
  const textId = useId();
  const nameError = name.trim() === '' ? 'Please tell us your name.' : null;
  const textError = text.trim() === '' ? 'Please write a few words.' : null;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSubmitted(true);
    if (nameError) return nameField.current?.focus();
    if (textError) return textField.current?.focus();
    outbox.add(itemId, { kind: 'comment', authorName: name.trim(), text: text.trim() });
    rememberVisitorName(name.trim());
    announce('Saving your comment.');
    onText('');
    setWasSubmitted(false);
  };

  return (
    <form className="comment-form" onSubmit={submit} noValidate>
      <h3>Write a comment</h3>
      <Field id={nameId} label="Your name" error={wasSubmitted ? nameError : null}>
        {(attributes) => (
          <input
            {...attributes}
            ref={nameField}
            name="name"
            autoComplete="name"
            maxLength={nameMax}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field id={textId} label="Your comment" error={wasSubmitted ? textError : null}>
        {(attributes) => (
          <textarea
            {...attributes}
            ref={textField}
            name="comment"
            rows={4}
            maxLength={textMax}
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        )}
      </Field>
      <button type="submit" className="button">
        Send comment
      </button>
    </form>
  );
}
