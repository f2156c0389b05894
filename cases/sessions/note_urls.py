from django.urls import path

from cases.sessions import note_views, supervision

urlpatterns = [
    path("sessions/<uuid:session>/note/", note_views.write_note, name="write_note"),
    path("sessions/<uuid:session>/note/autosave/", note_views.autosave_note, name="autosave_note"),
    path("sessions/<uuid:session>/resolve/autosave/", note_views.autosave_words, name="autosave_words"),
    path("sessions/<uuid:session>/group-note/", note_views.write_group_note, name="write_group_note"),
    path("sessions/<uuid:session>/group-note/autosave/", note_views.autosave_group_note, name="autosave_group_note"),
    path("notes/", note_views.unsigned_notes, name="unsigned_notes"),
    path("notes/<uuid:note>/", note_views.note, name="note"),
    path("notes/<uuid:note>/sign/", note_views.sign_note, name="sign_note"),
    path("notes/<uuid:note>/addendum/", note_views.add_note_addendum, name="add_note_addendum"),
    path("supervision/", supervision.supervision, name="supervision"),
]
