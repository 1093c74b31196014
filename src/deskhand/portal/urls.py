"""The customers' side, and all pages for signing in."""

from django.urls import URLPattern, URLResolver, path, re_path

from deskhand.portal import (
    account,
    benefit,
    demo,
    files,
    home,
    new_ticket,
    purchases,
    set_up,
    sign_in,
    sign_on,
    ticket,
    tickets,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # home and tickets
    path("", home.home, name="home"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/new/", new_ticket.new_ticket, name="new_ticket"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/seen/", ticket.seen, name="seen"),
    path("tickets/<int:number>/replies/", ticket.reply, name="reply"),
    path("tickets/<int:number>/close/", ticket.close, name="close"),
    path("tickets/<int:number>/reopen/", ticket.reopen, name="reopen"),
    path("tickets/<int:number>/followers/", ticket.follow, name="follow"),
    path("tickets/<int:number>/followers/<int:user_id>/remove/", ticket.unfollow, name="unfollow"),
    # what was bought
    path("purchases/", purchases.purchases, name="purchases"),
    path("licenses/", purchases.licenses, name="licenses"),
    path("licenses/installations/<int:pk>/remove/", purchases.remove, name="remove_installation"),
    path("purchases/<int:pk>/claim/", benefit.claim, name="claim_benefit"),
    # files, of all surfaces
    path("files/", files.upload, name="files"),
    path("files/<uuid:key>/drop/", files.drop, name="drop_file"),
    path("files/<uuid:key>/thumbnail", files.thumbnail, name="thumbnail"),
    path("files/<uuid:key>/<str:name>", files.file, name="file"),
    # sign-in, account
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-in/code/", sign_in.code_request, name="account_request_login_code"),
    path("sign-in/code/enter/", sign_in.code, name="account_confirm_login_code"),
    path("sign-in/deactivated/", sign_in.inactive, name="account_inactive"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("sso/", sign_on.arrive, name="sign_on"),
    path("sso/link/", sign_on.link, name="sign_on_link"),
    path("sign-up/", sign_in.sign_up, name="account_signup"),
    path("confirm/", sign_in.confirm_sent, name="account_email_verification_sent"),
    path("confirm/<str:key>/", sign_in.confirm, name="account_confirm_email"),
    path("password/forgotten/", sign_in.forgotten, name="account_reset_password"),
    path("password/forgotten/sent/", sign_in.forgotten_sent, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        sign_in.new_password,
        name="account_reset_password_from_key",
    ),
    path("welcome/lost/", sign_in.invitation_lost, name="invitation_lost"),
    path("welcome/sent/", sign_in.invitation_sent, name="invitation_sent"),
    path("welcome/<str:token>/", sign_in.welcome, name="welcome"),
    path("welcome/<str:token>/again/", sign_in.welcome_again, name="welcome_again"),
    path("account/", account.account, name="account"),
    path("account/profile/", account.profile, name="account_profile"),
    path("account/mails/", account.mails, name="account_mails"),
    path("account/password/", account.password, name="account_change_password"),
    path("account/password/own/", sign_in.own_password, name="account_own_password"),
    path("account/addresses/", account.addresses, name="account_email"),
    path("account/sessions/", account.sessions, name="account_sessions"),
    path("account/it-is-you/", account.it_is_you, name="account_reauthenticate"),
    # set-up, demo
    path("set-up/ready/", set_up.ready, name="set_up_ready"),
    path("set-up/demo/", demo.progress, name="demo_progress"),
    path("set-up/<str:token>/", set_up.set_up, name="set_up"),
    path("demo/sign-in/<slug:role>/", demo.sign_in, name="demo_sign_in"),
]
