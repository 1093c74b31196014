"""The agents' workspace and all settings pages."""

from django.urls import URLPattern, URLResolver, path

from deskhand.staff import audit, groups, mailroom, new_ticket, people, settings, ticket_changes, tickets

app_name = "staff"
urlpatterns: list[URLPattern | URLResolver] = [
    # tickets
    path("", tickets.home, name="home"),
    path("search/", tickets.search, name="search"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/new/", new_ticket.new_ticket, name="new_ticket"),
    path("tickets/<int:number>/", tickets.ticket, name="ticket"),
    path("tickets/<int:number>/messages/", ticket_changes.message, name="messages"),
    path("tickets/<int:number>/messages/<int:pk>/redact/", ticket_changes.redact, name="redact"),
    path("tickets/<int:number>/scheduled/<int:pk>/take-back/", ticket_changes.take_message_back, name="take_back"),
    path("tickets/<int:number>/status/", ticket_changes.status, name="status"),
    path("tickets/<int:number>/priority/", ticket_changes.priority, name="priority"),
    path("tickets/<int:number>/assignee/", ticket_changes.assignee, name="assignee"),
    path("tickets/<int:number>/team/", ticket_changes.team, name="team"),
    path("tickets/<int:number>/subject/", ticket_changes.subject, name="subject"),
    path("tickets/<int:number>/tags/", ticket_changes.tags, name="tags"),
    path("tickets/<int:number>/follow/", ticket_changes.follow, name="follow"),
    path("tickets/<int:number>/close/", ticket_changes.close, name="close"),
    path("tickets/<int:number>/reopen/", ticket_changes.reopen, name="reopen"),
    path("tickets/<int:number>/seen/", ticket_changes.seen, name="seen"),
    path("tickets/<int:number>/undo/", ticket_changes.undo, name="undo"),
    # mailroom
    path("mailroom/", mailroom.mailroom, name="mailroom"),
    path("mailroom/held/send/", mailroom.send_held, name="mail_send_held"),
    path("mailroom/test/", mailroom.send_test, name="mail_test"),
    path("mailroom/<int:pk>/", mailroom.mail, name="mail"),
    path("mailroom/<int:pk>/html/", mailroom.mail_html, name="mail_html"),
    path("mailroom/<int:pk>/retry/", mailroom.retry, name="mail_retry"),
    path("mailroom/<int:pk>/discard/", mailroom.discard, name="mail_discard"),
    # people
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/name/", people.name, name="person_name"),
    path("people/<int:pk>/role/", people.role, name="person_role"),
    path("people/<int:pk>/organization/", people.place, name="person_place"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="person_deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="person_reactivate"),
    path("people/<int:pk>/invitation/", people.invitation, name="person_invitation"),
    path("organizations/", groups.organizations, name="organizations"),
    path("organizations/<int:pk>/", groups.organization, name="organization"),
    path("teams/", groups.teams, name="teams"),
    path("teams/new/", groups.new_team, name="new_team"),
    path("teams/<int:pk>/", groups.team, name="team"),
    # settings
    path("settings/", settings.desk, name="settings"),
    path("settings/sign-in/", settings.sign_in, name="settings_sign_in"),
    path("settings/policies/", settings.tickets, name="settings_tickets"),
    path("settings/audit/", audit.trail, name="settings_audit"),
    path("settings/demo/end/", settings.end_demo, name="end_demo"),
]
