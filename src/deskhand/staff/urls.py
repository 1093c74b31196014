"""The agents' workspace and all settings pages."""

from django.urls import URLPattern, URLResolver, path

from deskhand.staff import audit, new_ticket, settings, ticket_changes, tickets

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
    # people
    # settings
    path("settings/", settings.desk, name="settings"),
    path("settings/sign-in/", settings.sign_in, name="settings_sign_in"),
    path("settings/tickets/", settings.tickets, name="settings_tickets"),
    path("settings/audit/", audit.trail, name="settings_audit"),
    path("settings/demo/end/", settings.end_demo, name="end_demo"),
]
