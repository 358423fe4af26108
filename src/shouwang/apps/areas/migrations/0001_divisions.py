from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Division',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, verbose_name='代码')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('level', models.CharField(max_length=10, verbose_name='层级')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='启用日')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='停用日')),
                ('source', models.CharField(max_length=120, verbose_name='来源')),
            ],
            options={
                'indexes': [models.Index(fields=['level', 'code'], name='division_level_code')],
                'constraints': [models.UniqueConstraint(fields=('code', 'valid_from'), name='division_code_from', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Lineage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('predecessor', models.CharField(db_index=True, max_length=12, verbose_name='原代码')),
                ('successor', models.CharField(db_index=True, max_length=12, verbose_name='现代码')),
                ('on', models.DateField(verbose_name='变更日')),
                ('source', models.CharField(max_length=120, verbose_name='来源')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('predecessor', 'successor', 'on'), name='lineage_once')],
            },
        ),
    ]
