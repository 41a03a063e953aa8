"""Groups of phases that rules speak about."""

#: Always about the line or the login.
LOGIN = "dns connect greeting ehlo starttls auth"
#: Our own conversation with the relay.
SPOKEN = "mail_from rcpt_to data final_dot"
#: After the recipient was taken.
LATE = "data final_dot"
#: Wherever a message is judged.
JUDGED = "mail_from rcpt_to data final_dot http event"
#: Wherever a recipient is judged.
RECIPIENT = "rcpt_to data final_dot http event"
